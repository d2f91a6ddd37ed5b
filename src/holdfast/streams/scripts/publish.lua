-- Says many things on the instance's channels.
-- ARGV: channel, message, and so on.

for at = 1, #ARGV, 2 do
  redis.call('PUBLISH', KEYS[1] .. ARGV[at], ARGV[at + 1])
end
