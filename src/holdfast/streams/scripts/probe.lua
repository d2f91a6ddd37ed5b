-- Does once whatever the other scripts do, on keys of its own: fails where the server or the user's rights lack any of it.

local prefix = KEYS[1] .. 'probe:'
local value, hash, set, sorted, list, stream =
  prefix .. 'value', prefix .. 'hash', prefix .. 'set', prefix .. 'sorted', prefix .. 'list', prefix .. 'stream'

redis.call('DEL', value, hash, set, sorted, list, stream)
redis.call('SET', value, cjson.encode({ 'probe' }), 'PX', 60000)
redis.call('GET', value)
redis.call('EXISTS', value)

redis.call('HSET', hash, 'a', '1')
redis.call('HGET', hash, 'a')
redis.call('HEXISTS', hash, 'a')
redis.call('HKEYS', hash)
redis.call('HVALS', hash)
redis.call('HGETALL', hash)
redis.call('HDEL', hash, 'a')

redis.call('SADD', set, 'a')
redis.call('SMEMBERS', set)
redis.call('SUNION', set, set)
redis.call('SREM', set, 'a')

redis.call('ZADD', sorted, 'NX', 1, 'a')
redis.call('ZCARD', sorted)
redis.call('ZREM', sorted, 'a')
redis.call('ZREMRANGEBYSCORE', sorted, '-inf', 1)

redis.call('RPUSH', list, '1')
redis.call('LLEN', list)
redis.call('DEL', list)

redis.call('XGROUP', 'CREATE', stream, 'workers', '0', 'MKSTREAM')
local entry = redis.call('XADD', stream, 'NOMKSTREAM', '*', 'o', 'probe')
redis.call('XLEN', stream)
redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)
redis.call('XREADGROUP', 'GROUP', 'workers', 'probe', 'COUNT', 1, 'STREAMS', stream, '>')
redis.call('XPENDING', stream, 'workers', 'IDLE', 0, '-', '+', 1)
redis.call('XCLAIM', stream, 'workers', 'probe', 0, entry)
redis.call('XACK', stream, 'workers', entry)
redis.call('XDEL', stream, entry)
redis.call('XGROUP', 'DELCONSUMER', stream, 'workers', 'probe')
redis.call('PEXPIRE', stream, 60000)

redis.call('PUBLISH', KEYS[1] .. 'probe', '')
