-- Offers jobs that aren't offered yet, while there is room in their queue's window.
-- ARGV: now, expiry, order of queues as JSON, then for each queue: name, window, n, then n times job, tenant.
-- Gives: how many were offered.

local prefix = KEYS[1]
local now, expiry, order = ARGV[1], ARGV[2], ARGV[3]

-- Deletes what expired from the front of a queue's stream: offers are there in the order in which they expire.
local function clear(stream)
  while true do
    local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', 100)
    for _, entry in ipairs(entries) do
      if tonumber(entry[2][2]:match('^%d+')) > tonumber(now) then
        return
      end
      redis.pcall('XACK', stream, 'workers', entry[1])
      redis.call('XDEL', stream, entry[1])
    end
    if #entries < 100 then
      return
    end
  end
end

local made, fresh = 0, false
local at = 4
while at <= #ARGV do
  local name, window, count = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local stream, offered = prefix .. 'stream:' .. name, prefix .. 'offered:' .. name
  if redis.call('ZREMRANGEBYSCORE', offered, '-inf', now) > 0 then
    clear(stream)
  end
  local room = window - redis.call('ZCARD', offered)
  local first = at + 3
  for i = first, first + 2 * count - 2, 2 do
    if room <= 0 then
      break
    end
    if redis.call('ZADD', offered, 'NX', expiry, ARGV[i]) == 1 then
      redis.call('XADD', stream, '*', 'o', expiry .. ' ' .. ARGV[i] .. ' ' .. ARGV[i + 1])
      room = room - 1
      made = made + 1
    end
  end
  if redis.call('SADD', prefix .. 'known', name) == 1 then
    fresh = true
  end
  at = first + 2 * count
end

-- The queues that workers look at: those that ever had offers, in the order given, then the others.
local given = redis.call('GET', prefix .. 'order')
if fresh or given ~= order then
  redis.call('SET', prefix .. 'order', order)
  local known, names = {}, {}
  for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'known')) do
    known[name] = true
  end
  for _, name in ipairs(cjson.decode(order)) do
    if known[name] then
      names[#names + 1] = name
      known[name] = nil
    end
  end
  local others = {}
  for name in pairs(known) do
    others[#others + 1] = name
  end
  table.sort(others)
  for _, name in ipairs(others) do
    if #names >= 256 and redis.call('EXISTS', prefix .. 'offered:' .. name) == 0 then
      -- Long forgotten, as it seems: nothing of it is out.
      redis.call('SREM', prefix .. 'known', name)
      redis.call('DEL', prefix .. 'stream:' .. name)
    else
      names[#names + 1] = name
    end
  end
  redis.call('SET', prefix .. 'queues', #names > 0 and cjson.encode(names) or '[]')
end

-- Workers that wait don't wait on a queue that wasn't there: each has a note on its desk.
if fresh then
  for _, worker in ipairs(redis.call('HKEYS', prefix .. 'seats')) do
    redis.call('XADD', prefix .. 'desk:' .. worker, 'NOMKSTREAM', '*', 'o', 'queues')
  end
end
return made
