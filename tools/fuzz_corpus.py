"""What a fuzzer begins with where no golden files are: error bodies of the providers, and requests of callers."""

from __future__ import annotations

ERRORS = (
    b'{"error":{"message":"This model\'s maximum context length is 8192 tokens.","type":"invalid_request_error",'
    b'"param":"messages","code":"context_length_exceeded"}}',
    b'{"error":{"message":"Rate limit reached. Please try again in 7.66s.","type":"tokens","param":null,'
    b'"code":"rate_limit_exceeded"}}',
    b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_9"}',
    b'[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":'
    b'"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"},{"@type":'
    b'"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","metadata":{"k":"v"}}]}}]',
    b'{"message":"invalid request: all elements in history must have a message","id":"1"}',
    b'{"object":"error","message":{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required"}]},'
    b'"type":"invalid_request_error","param":null,"code":null}',
    b'{"detail":[{"loc":["body","model"],"msg":"field required","type":"value_error.missing"}]}',
    b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>",
    b"",
)

REQUESTS = (
    b'{"model":"auto","messages":[{"role":"user","content":"Hi"}]}',
    b'{"model":"openai:gpt-4o","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system",'
    b'"content":"Be brief."},{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url",'
    b'"image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}},{"type":"input_audio","input_audio":'
    b'{"data":"UklGRg==","format":"wav"}},{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERi0="}}]'
    b'}],"max_completion_tokens":77,"temperature":0.5,"top_p":0.9,"seed":7,"stop":["END"],"n":2,"logprobs":true,'
    b'"top_logprobs":4,"logit_bias":{"50256":-100},"metadata":{"k":"v"},"user":"someone","service_tier":"flex"}',
    b'{"model":"auto","messages":[{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":'
    b'[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"}}]},{"role":'
    b'"tool","tool_call_id":"call_1","content":"4 \xc2\xb0C"}],"tools":[{"type":"function","function":{"name":"weather"'
    b',"parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":true}},{"type":"custom",'
    b'"custom":{"name":"sql"}}],"tool_choice":{"type":"function","function":{"name":"weather"}},'
    b'"parallel_tool_calls":false,"response_format":{"type":"json_schema","json_schema":{"name":"place","schema":'
    b'{"type":"object"},"strict":true}},"reasoning_effort":"high","routing":{"preset":"fast"}}',
)
