-- Brings the calls of months up to date, and reads them.
--
-- KEYS: the months, each a hash of `folded` (calls that PostgreSQL has), its `revision`, the calls since (`open`) and
--       when those were last `touched`.
-- ARGV: microseconds after which calls that nobody folds are forgotten, the seconds a month is kept; then per month
--       what PostgreSQL has and its revision (-1 and 0 where that was not asked), and by how much `open` changes.
-- Returns the calls of each month, -1 for one that is not known here.
--
-- A fold moves calls from `open` to `folded`. Folds of several processes may arrive in another order than they were
-- committed in: the higher revision has all that the lower one had.
local function whole(number) return string.format('%.0f', number) end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local patience, kept = tonumber(ARGV[1]), ARGV[2]
local answers = {}
for i = 1, #KEYS do
    local at = 3 * i
    local total, revision, change = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local row = redis.call('HMGET', KEYS[i], 'folded', 'revision', 'open', 'touched')
    if not row[1] and total < 0 then
        answers[i] = -1
    else
        local folded, known, open, touched =
            tonumber(row[1] or '0'), tonumber(row[2] or '-1'), tonumber(row[3] or '0'), tonumber(row[4] or '0')
        if now - touched > patience then open = 0 end
        if total >= 0 and revision > known then folded, known = total, revision end
        if change ~= 0 then open, touched = math.max(0, open + change), now end
        if total >= 0 or change ~= 0 then
            redis.call('HSET', KEYS[i], 'folded', whole(folded), 'revision', whole(known), 'open', whole(open),
                'touched', whole(touched))
            redis.call('EXPIRE', KEYS[i], kept)
        end
        answers[i] = folded + open
    end
end
return answers
