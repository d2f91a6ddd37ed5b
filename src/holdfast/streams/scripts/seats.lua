-- The workers that read offers; those that fell silent are forgotten.
-- ARGV: now. Gives: worker, seat, worker, seat, …

local prefix = KEYS[1]
local now = tonumber(ARGV[1])

local told = redis.call('HGETALL', prefix .. 'seats')
local seats = {}
for i = 1, #told, 2 do
  if tonumber(told[i + 1]:match('^%d+')) > now then
    seats[#seats + 1] = told[i]
    seats[#seats + 1] = told[i + 1]
  else
    forget(prefix, told[i], told[i + 1])
    redis.call('SADD', prefix .. 'gone', told[i])
  end
end

-- A silent worker's place in the groups goes when others have taken over what it held.
for _, worker in ipairs(redis.call('SMEMBERS', prefix .. 'gone')) do
  local empty = true
  for _, name in ipairs(redis.call('SUNION', prefix .. 'known', prefix .. 'served')) do
    local stream = prefix .. 'stream:' .. name
    local pending = redis.pcall('XPENDING', stream, 'workers', '-', '+', 1, worker)
    if not pending.err then
      if #pending == 0 then
        redis.call('XGROUP', 'DELCONSUMER', stream, 'workers', worker)
      else
        empty = false
      end
    end
  end
  if empty then
    redis.call('SREM', prefix .. 'gone', worker)
  end
end
return seats
