-- Offers jobs that aren't offered yet, while there is room in their queue's window.
-- ARGV: now, expiry, order of queues as JSON, then for each queue: name, window, n, then n times job, tenant.
-- Gives: how many were offered.

local prefix = KEYS[1]
local now, expiry, order = ARGV[1], ARGV[2], ARGV[3]
local MANY = 256

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

-- The queues that workers look at. Those named now are in this order, in the places that they had; the others stay
-- where they are, since offers of theirs may be out.
local function arranged()
  local names, known, given, at, new = {}, {}, {}, {}, {}
  for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'known')) do
    known[name] = true
  end
  local before = redis.call('GET', prefix .. 'queues')
  for _, name in ipairs(before and cjson.decode(before) or {}) do
    -- One that wasn't named for long leaves when there are many, if nothing of it is out.
    if known[name] and (#names < MANY or redis.call('EXISTS', prefix .. 'offered:' .. name) == 1) then
      names[#names + 1] = name
      at[name] = #names
    else
      redis.call('SREM', prefix .. 'known', name)
      redis.call('DEL', prefix .. 'stream:' .. name)
      known[name] = nil
    end
  end
  for _, name in ipairs(cjson.decode(order)) do
    if known[name] then
      given[#given + 1] = name
      known[name] = nil
    end
  end
  local places = {}
  for _, name in ipairs(given) do
    places[#places + 1] = at[name]
  end
  table.sort(places)
  local next_place = 1
  for _, name in ipairs(given) do
    if at[name] then
      names[places[next_place]] = name
      next_place = next_place + 1
    end
  end
  -- A new one goes before the one that follows it in the order.
  local follower
  for i = #given, 1, -1 do
    if not at[given[i]] then
      local place = #names + 1
      for j, name in ipairs(names) do
        if name == follower then
          place = j
        end
      end
      table.insert(names, place, given[i])
    end
    follower = given[i]
  end
  for name in pairs(known) do
    if not at[name] then
      new[#new + 1] = name
    end
  end
  table.sort(new)
  for _, name in ipairs(new) do
    names[#names + 1] = name
  end
  return names
end

local told = redis.call('GET', prefix .. 'order')
if fresh or told ~= order then
  local names = arranged()
  redis.call('SET', prefix .. 'order', order)
  redis.call('SET', prefix .. 'queues', #names > 0 and cjson.encode(names) or '[]')
end

-- Workers that wait don't wait on a queue that wasn't there: each has a note on its desk.
if fresh then
  for _, worker in ipairs(redis.call('HKEYS', prefix .. 'seats')) do
    redis.call('XADD', prefix .. 'desk:' .. worker, 'NOMKSTREAM', '*', 'o', 'queues')
  end
end
return made
