-- Takes or keeps the lead. ARGV: holder, ms. Gives 1 when it is the holder's now.

local lead = KEYS[1] .. 'lead'
local holder = redis.call('GET', lead)
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', lead, ARGV[1], 'PX', ARGV[2])
return 1
