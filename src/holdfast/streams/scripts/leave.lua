-- A worker reads no more: what it held may be offered anew, and nothing of it stays.
-- ARGV: worker.

local prefix = KEYS[1]
local worker = ARGV[1]

for _, name in ipairs(redis.call('SUNION', prefix .. 'known', prefix .. 'served')) do
  local stream, offered = prefix .. 'stream:' .. name, prefix .. 'offered:' .. name
  while true do
    local pending = redis.pcall('XPENDING', stream, 'workers', '-', '+', 500, worker)
    if pending.err or #pending == 0 then
      break
    end
    for _, held in ipairs(pending) do
      local entry = redis.call('XRANGE', stream, held[1], held[1])[1]
      redis.call('XACK', stream, 'workers', held[1])
      if entry then
        redis.call('XDEL', stream, held[1])
        redis.call('ZREM', offered, entry[2][2]:match('^%d+ (%S+)'))
      end
    end
  end
  redis.pcall('XGROUP', 'DELCONSUMER', stream, 'workers', worker)
end

local seat = redis.call('HGET', prefix .. 'seats', worker)
if seat then
  forget(prefix, worker, seat)
end
redis.call('DEL', prefix .. 'desk:' .. worker)
redis.call('SREM', prefix .. 'gone', worker)
ring(prefix)
