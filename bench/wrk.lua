-- What wrk sends (METHOD, BYTES of body, RATE), and what it measured as one line of JSON, for its own text is rounded.
--
-- With a rate above 0, requests are due at chance times of that average (a Poisson process), whatever comes back: the next
-- free connection takes the next due time. When all connections are busy a request leaves later than it was due; those
-- are counted. wrk's timers have a resolution of one millisecond. All connections are opened first, for a burst of them is
-- another thing than a rate of requests.

local OPENING_MS = 100
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wrk.method = args[1]
  local bytes = tonumber(args[2])
  if bytes > 0 then
    wrk.body = string.rep('m', bytes)
    wrk.headers['Content-Type'] = 'application/octet-stream'
  end
  late = 0
  local rate = tonumber(args[3])
  if rate > 0 then delay = pacer(rate) end
end

function pacer(rate)
  local ffi = require('ffi')
  ffi.cdef('typedef struct { long seconds; long nanoseconds; } bench_time; int clock_gettime(int clock, bench_time *time);')
  local time = ffi.new('bench_time')
  local monotonic = 1
  local gap = 1000 / rate
  local due
  return function()
    ffi.C.clock_gettime(monotonic, time)
    local now = tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
    due = (due or now + OPENING_MS) - math.log(1 - math.random()) * gap
    if due < now - 1 then late = late + 1 end
    return math.max(0, math.floor(due - now + 0.5))
  end
end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"bytes":%d,"seconds":%.6f,"p50Us":%d,"p99Us":%d,"errors":%d,"late":%d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout, threads[1]:get('late')))
end
