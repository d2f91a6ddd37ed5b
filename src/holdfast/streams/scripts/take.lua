-- What a worker may have now, without waiting; also keeps its seat.
-- ARGV: worker, seat's expiry, free slots, profile, idle ms to take over after ('' for not now), '1' to read again what
--   it holds itself, '1' when it serves all queues, then the queues that it serves.
-- Gives: whether the profile is known, how many were taken over, and for each queue that it serves: name, entries.

local prefix = KEYS[1]
local worker, expiry, free, profile, idle, again, all = unpack(ARGV, 1, 7)
local left = tonumber(free)

local known, grown = tell(prefix, worker, expiry, free, profile)

-- The desk is emptied in the step that reads the queues: what changes later is on it when the worker waits.
local desk = prefix .. 'desk:' .. worker
local noted = redis.call('XLEN', desk) > 0
if noted then
  redis.call('DEL', desk)
end
if noted or redis.call('PEXPIRE', desk, 60000) == 0 then
  redis.call('XGROUP', 'CREATE', desk, 'workers', '0', 'MKSTREAM')
  redis.call('PEXPIRE', desk, 60000)
end

local names = {}
local order = redis.call('GET', prefix .. 'queues')
if all == '1' then
  names = order and cjson.decode(order) or names
else
  local served = {}
  for i = 8, #ARGV do
    served[ARGV[i]] = true
  end
  for _, name in ipairs(order and cjson.decode(order) or {}) do
    if served[name] then
      names[#names + 1] = name
      served[name] = nil
    end
  end
  for i = 8, #ARGV do
    if served[ARGV[i]] then
      names[#names + 1] = ARGV[i]
    end
  end
  -- Where it becomes a consumer, to be removed with the worker, though nothing is ever offered there.
  if grown and #names > 0 then
    redis.call('SADD', prefix .. 'served', unpack(names))
  end
end

local function read(stream, count, from)
  local answer = redis.pcall('XREADGROUP', 'GROUP', 'workers', worker, 'COUNT', count, 'STREAMS', stream, from)
  if answer and answer.err then
    if answer.err:find('NOGROUP', 1, true) then
      redis.call('XGROUP', 'CREATE', stream, 'workers', '0', 'MKSTREAM')
      answer = redis.call('XREADGROUP', 'GROUP', 'workers', worker, 'COUNT', count, 'STREAMS', stream, from)
    else
      return answer
    end
  end
  return answer and answer[1] and answer[1][2] or {}
end

local found = {}
local over = 0

local function add(entries, into)
  for _, entry in ipairs(entries) do
    -- One whose entry was deleted is there without fields.
    if entry and entry[2] then
      into[#into + 1] = entry
      left = left - 1
    end
  end
end

-- What others read and didn't settle in time. Its own are in its hands, however slow it is.
local function abandoned(stream)
  local pending = redis.pcall('XPENDING', stream, 'workers', 'IDLE', idle, '-', '+', 500)
  local places = {}
  for _, held in ipairs(pending.err and {} or pending) do
    if held[2] ~= worker and #places < left then
      places[#places + 1] = held[1]
    end
  end
  return #places > 0 and redis.call('XCLAIM', stream, 'workers', worker, idle, unpack(places)) or {}
end

for _, name in ipairs(names) do
  local stream = prefix .. 'stream:' .. name
  local entries = {}
  if again == '1' then
    add(read(stream, 10000, '0'), entries)
  end
  if idle ~= '' and left > 0 then
    local before = #entries
    add(abandoned(stream), entries)
    over = over + #entries - before
  end
  -- Always, for it makes the group that the worker waits in.
  local fresh = left > 0 and read(stream, left, '>') or {}
  if fresh.err then
    return fresh
  end
  add(fresh, entries)
  found[#found + 1] = name
  found[#found + 1] = entries
end

if left > 0 and grown then
  ring(prefix)
end
return { known and 1 or 0, over, found }
