-- What REST needs and the transcoder cannot do. gRPC and gRPC-Web pass untouched.
--
-- Requests: every other request is marked with `x-mm-rest: 1`, for the server and for the local replies of Envoy.
-- Answers: an RPC that failed arrives here as the JSON of google.rpc.Status, whose one detail is a
-- modelmuxer.v1.RestError; its status, retry time and body become the answer. An answer that did not fail is never
-- buffered; the server may set its status by `x-mm-http-status`.

-- What an error is called when its RPC failed without a RestError: it did not come from our servicers but from gRPC
-- itself, so its text is not for clients. By gRPC status code.
local UNAVAILABLE = { status = "503", type = "service_unavailable", code = "upstream_unavailable",
  message = "The server is not available.", retry_after = "1" }
-- What a server that has just stopped does to calls that reach it all the same; a client's own cancelling has nobody
-- left to read it.
local SHUTTING_DOWN = { status = "503", type = "service_unavailable", code = "shutting_down",
  message = "The server is shutting down: try again", retry_after = "1" }
local DEADLINE = { status = "504", type = "timeout_error", code = "deadline_exceeded",
  message = "The time allowed for the request is over." }
local INTERNAL = { status = "500", type = "api_error", code = "internal", message = "Internal error." }
local TOO_LARGE = { status = "413", type = "invalid_request_error", code = "request_too_large",
  message = "The request body is too large." }
local FOREIGN = { ["1"] = SHUTTING_DOWN, ["4"] = DEADLINE, ["8"] = TOO_LARGE, ["14"] = UNAVAILABLE }

-- How a failed RPC's JSON goes on after its code and message. No client can put this into the message: its quotes
-- would be escaped there.
local DETAIL = '"details":[{"@type":"type.googleapis.com/modelmuxer.v1.RestError","http_status":'
local DETAIL_END = '"}]}'

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- The text that the inside of a JSON string literal stands for. Characters beyond ASCII stay escaped: the text is JSON
-- itself, where the escape means the same.
local function unescape(literal)
  return (literal:gsub("\\(.)(%x?%x?%x?%x?)", function(kind, hex)
    if kind ~= "u" then return (ESCAPES[kind] or kind) .. hex end
    local code = tonumber(hex, 16)
    return code < 128 and string.char(code) or "\\u" .. hex
  end))
end

-- Status, seconds until a retry and body out of a failed RPC's JSON, or nil when it has no RestError.
local function rest_error(json)
  local _, at = json:find(DETAIL, 1, true)
  if at == nil or json:sub(-#DETAIL_END) ~= DETAIL_END then return nil end
  local status, retry_after, body = json:match('^(%d%d%d),"retry_after_s":(%d+),"body":"()', at + 1)
  if status == nil then return nil end
  return status, retry_after, unescape(json:sub(body, -#DETAIL_END - 1))
end

local function foreign_error(grpc_status)
  local e = FOREIGN[grpc_status] or INTERNAL
  return e.status, e.retry_after or "0", string.format(
    '{"error":{"message":"%s","type":"%s","code":"%s","details":null}}', e.message, e.type, e.code)
end

-- Envoy's own rule. gRPC-Web has become gRPC when it gets here.
local function is_grpc(content_type)
  return content_type == "application/grpc" or content_type:sub(1, 17) == "application/grpc+"
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if is_grpc(headers:get("content-type") or "") then return end
  -- Means something to gRPC, and nothing in REST.
  local foreign = {}
  for name in pairs(headers) do
    if name:sub(1, 5) == "grpc-" or name:sub(-4) == "-bin" then foreign[#foreign + 1] = name end
  end
  for _, name in ipairs(foreign) do headers:remove(name) end
  headers:replace("x-mm-rest", "1")
  handle:streamInfo():dynamicMetadata():set("modelmuxer", "rest", true)
end

function envoy_on_response(handle)
  local mark = handle:streamInfo():dynamicMetadata():get("modelmuxer")
  if mark == nil or not mark["rest"] then return end
  local headers = handle:headers()
  local status = headers:get("x-mm-http-status")
  if status ~= nil and status:find("^[2-5]%d%d$") then headers:replace(":status", status) end
  local grpc_status = headers:get("grpc-status")
  for _, name in ipairs({ "x-mm-http-status", "grpc-status", "grpc-message", "grpc-status-details-bin",
    "grpc-encoding", "grpc-accept-encoding" }) do
    headers:remove(name)
  end
  if status ~= nil or tonumber(headers:get(":status")) < 400 then return end

  local buffer = handle:body(true)
  headers = handle:headers() -- the one from before body() may not be used after it
  local json = buffer:getBytes(0, buffer:length())
  local code = json:match('^{"code":(%d+)') or grpc_status
  if code == nil then return end -- Envoy's own error
  local http_status, retry_after, body = rest_error(json)
  if http_status == nil then http_status, retry_after, body = foreign_error(code) end
  headers:replace(":status", http_status)
  headers:replace("content-type", "application/json")
  if retry_after ~= "0" then headers:replace("retry-after", retry_after) end
  buffer:setBytes(body)
end
