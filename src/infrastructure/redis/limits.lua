-- Decides a batch of requests, each with several limits: one counts with all of its limits or with none.
--
-- KEYS: of every limit of every request, one after the other.
-- ARGV: per request the number of its limits, then per limit three numbers:
--       a rate: microseconds in which a call grows back, calls that may be taken at once, calls this request takes;
--       a month: 0, calls in the month, microseconds after which calls that nobody folds are forgotten.
-- Returns four numbers per limit: 1 if it allows, 0 if it refuses, -1 if the month is not known here; calls left;
--       microseconds until all are back or, of what refuses, until the request would pass (0 for a month); calls used.
--
-- A rate is GCRA: its key holds the moment at which all calls will be back (theoretical arrival time). A moment further
-- away than a full bucket takes can only come from a clock that was set back, or a limit that was changed.
-- A month is a hash: `folded` calls that PostgreSQL has, at its `revision`, and those since, `open`.
local function whole(number) return string.format('%.0f', number) end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local function rate(key, interval, burst, cost)
    local full = interval * burst
    local back = math.min(math.max(tonumber(redis.call('GET', key) or '0'), now), now + full)
    local after = back + cost * interval
    local wait = after - now - full
    local left = math.floor((full - (back - now)) / interval)
    if wait > 0 then return { allows = 0, left = left, time = wait, used = burst - left } end
    return { allows = 1, left = left, time = back - now, used = burst - left, key = key, after = after,
             interval = interval, full = full, burst = burst }
end

local function month(key, calls, patience)
    local row = redis.call('HMGET', key, 'folded', 'open', 'touched')
    if not row[1] then return { allows = -1, left = 0, time = 0, used = 0 } end
    local open = tonumber(row[2])
    if now - tonumber(row[3]) > patience then open = 0 end
    local used = tonumber(row[1]) + open
    local left = math.max(0, calls - used)
    return { allows = left > 0 and 1 or 0, left = left, time = 0, used = used, key = key, open = open }
end

local function take(limit)
    if limit.open then
        redis.call('HSET', limit.key, 'open', whole(limit.open + 1), 'touched', whole(now))
        limit.left, limit.used = limit.left - 1, limit.used + 1
        return
    end
    limit.time = limit.after - now
    redis.call('SET', limit.key, whole(limit.after), 'PX', whole(math.ceil(limit.time / 1000)))
    limit.left = math.floor((limit.full - limit.time) / limit.interval)
    limit.used = limit.burst - limit.left
end

local answers, key, at = {}, 0, 1
while at <= #ARGV do
    local count, limits, allows = tonumber(ARGV[at]), {}, true
    at = at + 1
    for i = 1, count do
        key = key + 1
        local interval = tonumber(ARGV[at])
        local limit = (interval > 0 and rate(KEYS[key], interval, tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])))
            or month(KEYS[key], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]))
        if limit.allows ~= 1 then allows = false end
        limits[i] = limit
        at = at + 3
    end
    for i = 1, count do
        local limit = limits[i]
        if allows then take(limit) end
        local size = #answers
        answers[size + 1], answers[size + 2], answers[size + 3], answers[size + 4] =
            limit.allows, limit.left, limit.time, limit.used
    end
end
return answers
