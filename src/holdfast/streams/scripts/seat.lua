-- Shared by the scripts that know seats. A seat is "<until, ms> <free slots> <digest of its profile>".

local function ring(prefix)
  if redis.call('LLEN', prefix .. 'bell') == 0 then
    redis.call('RPUSH', prefix .. 'bell', '1')
  end
end

-- Keeps a worker's seat. Gives whether its profile is known, and whether it has more free slots than it told before.
local function tell(prefix, worker, expiry, free, profile)
  local before = redis.call('HGET', prefix .. 'seats', worker)
  redis.call('HSET', prefix .. 'seats', worker, expiry .. ' ' .. free .. ' ' .. profile)
  local grown = true
  if before then
    local had, was = before:match('^%d+ (%d+) (%S+)$')
    grown = was ~= profile or tonumber(free) > tonumber(had)
  else
    redis.call('SREM', prefix .. 'gone', worker)
  end
  return redis.call('HEXISTS', prefix .. 'profiles', profile) == 1, grown
end

-- Removes a seat, and its profile when nobody else has the same.
local function forget(prefix, worker, seat)
  redis.call('HDEL', prefix .. 'seats', worker)
  local profile = seat:match('(%S+)$')
  for _, other in ipairs(redis.call('HVALS', prefix .. 'seats')) do
    if other:match('(%S+)$') == profile then
      return
    end
  end
  redis.call('HDEL', prefix .. 'profiles', profile)
end
