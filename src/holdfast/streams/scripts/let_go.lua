-- Gives the lead up, if it is the holder's. ARGV: holder.

local lead = KEYS[1] .. 'lead'
if redis.call('GET', lead) == ARGV[1] then
  redis.call('DEL', lead)
end
