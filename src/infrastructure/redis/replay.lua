-- Brings dead letters back, a whole sequence at a time and in order, and lets later entries pass again.
--
-- KEYS: dead stream, retry stream, parked hash. ARGV: id of a letter, or '' for all of them.
-- Returns the number of letters.
local dead, retry, parked = KEYS[1], KEYS[2], KEYS[3]

local function field(letter, name)
    for i = 1, #letter[2], 2 do
        if letter[2][i] == name then return letter[2][i + 1] end
    end
    return ''
end

local wanted
if ARGV[1] ~= '' then
    local found = redis.call('XRANGE', dead, ARGV[1], ARGV[1])
    if #found == 0 then return 0 end
    wanted = field(found[1], 'deadsequence')
    if wanted == '' then wanted = nil end
end

local count = 0
for _, letter in ipairs(redis.call('XRANGE', dead, '-', '+')) do
    local sequence = field(letter, 'deadsequence')
    if ARGV[1] == '' or letter[1] == ARGV[1] or (wanted and sequence == wanted) then
        local kept = {}
        for i = 1, #letter[2], 2 do
            if string.sub(letter[2][i], 1, 4) ~= 'dead' then
                kept[#kept + 1] = letter[2][i]
                kept[#kept + 1] = letter[2][i + 1]
            end
        end
        if #kept > 0 then redis.call('XADD', retry, '*', unpack(kept)) end
        redis.call('XDEL', dead, letter[1])
        if sequence ~= '' then redis.call('HDEL', parked, sequence) end
        count = count + 1
    end
end
return count
