-- Publishes one batch and moves the checkpoint, or says from where to read again.
--
-- KEYS: the checkpoint (a hash: `position`, and each stream's last id as we left it), then the streams.
-- ARGV: what names the event store, the position the batch was read after, the last position it covers, then per
--       entry: index of its stream in KEYS, position, number of names and values, names and values.
-- Returns {position to read after, highest position on any stream, 1 if the checkpoint went back}.
--
-- The streams are believed, not the hash: one that ends before what the hash says was lost, flushed or restored
-- from a backup, and everything since is read again. Ids a stream already has are passed over, so a batch sent
-- twice, or cut short by an error (out of memory), is completed and never doubled. The hash only spares the
-- rare streams a walk through the whole log.
local function number(text) return string.format('%.0f', text) end

local function last_of(stream)
    if redis.call('EXISTS', stream) == 0 then return 0 end
    local info = redis.call('XINFO', 'STREAM', stream)
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^%d+')) end
    end
end

local checkpoint = KEYS[1]
local origin = redis.call('HGET', checkpoint, 'origin')
if origin and ARGV[1] ~= '' and origin ~= ARGV[1] then
    return redis.error_reply('FOREIGN these streams were written from another event store')
end
local known = redis.call('HGET', checkpoint, 'position')
local position = known and tonumber(known)
local lasts, furthest, rewound = {}, 0, 0
for i = 2, #KEYS do
    local last = last_of(KEYS[i])
    local left = tonumber(redis.call('HGET', checkpoint, KEYS[i]) or '0')
    lasts[i] = last
    furthest = math.max(furthest, last)
    if not known then
        position = math.min(position or last, last)
    elseif last < left then
        position, rewound = math.min(position, last), 1
        redis.call('HSET', checkpoint, KEYS[i], number(last))
    end
end
if rewound == 1 or not known then redis.call('HSET', checkpoint, 'position', number(position)) end
if tonumber(ARGV[2]) ~= position then return {position, furthest, rewound} end

local at = 4
while at <= #ARGV do
    local i, entry, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    if entry > lasts[i] then
        redis.call('XADD', KEYS[i], number(entry) .. '-0', unpack(ARGV, at + 3, at + 2 + count))
        lasts[i] = entry
        redis.call('HSET', checkpoint, KEYS[i], number(entry))
    end
    at = at + 3 + count
end
redis.call('HSET', checkpoint, 'position', number(tonumber(ARGV[3])), 'origin', ARGV[1])
return {tonumber(ARGV[3]), furthest, rewound}
