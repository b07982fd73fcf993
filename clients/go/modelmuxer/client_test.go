package modelmuxer_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/modelmuxer/modelmuxer/clients/go/modelmuxer"
	modelmuxerv1 "github.com/modelmuxer/modelmuxer/clients/go/modelmuxer/v1"
)

// The tests talk to the scripted router, tests/clients/scripted_server.py, at MODELMUXER_TARGET.
func client(t *testing.T, apiKey string) *modelmuxer.Client {
	t.Helper()
	target := os.Getenv("MODELMUXER_TARGET")
	if target == "" {
		t.Fatal("MODELMUXER_TARGET does not say where the scripted router is")
	}
	made, err := modelmuxer.New(target, apiKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Close() })
	return made
}

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func says(content string) []*modelmuxerv1.ChatMessage {
	return []*modelmuxerv1.ChatMessage{{Role: "user", Content: content}}
}

func expect[T comparable](t *testing.T, expected, actual T) {
	t.Helper()
	if expected != actual {
		t.Errorf("expected %v, got %v", expected, actual)
	}
}

// failure is the decoded error of a Route call that the script fails.
func failure(t *testing.T, apiKey, script string) *modelmuxer.Error {
	t.Helper()
	_, err := client(t, apiKey).Route(within(t, 10*time.Second), &modelmuxerv1.RouteRequest{Messages: says(script)})
	if err == nil {
		t.Fatalf("%q did not fail", script)
	}
	return modelmuxer.FromError(err)
}

func TestAnAnswerComesWithItsCostAndTheDecision(t *testing.T) {
	request := &modelmuxerv1.ChatCompletionRequest{Messages: says("Hello")}

	answer, err := client(t, "test-key").ChatCompletion(within(t, 10*time.Second), request)

	if err != nil {
		t.Fatal(err)
	}
	expect(t, `{"messages": [{"content": "Hello", "role": "user"}]}`, answer.Choices[0].Message.Content)
	expect(t, 125_000_000, answer.Cost.PicoUsd)
	expect(t, "gpt-6-luna", answer.Decision.SelectedModel)
}

func TestAStreamBringsTheAnswerInPiecesAndTheDecisionLast(t *testing.T) {
	request := &modelmuxerv1.StreamChatCompletionRequest{
		Request: &modelmuxerv1.ChatCompletionRequest{Messages: says("Hello")},
	}
	stream, err := client(t, "test-key").StreamChatCompletion(within(t, 10*time.Second), request)
	if err != nil {
		t.Fatal(err)
	}

	var text strings.Builder
	var last *modelmuxerv1.StreamChatCompletionResponse
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(chunk.Choices[0].GetDelta().GetContent())
		last = chunk
	}

	expect(t, `{"messages": [{"content": "Hello", "role": "user"}]}`, text.String())
	expect(t, "gpt-6-luna", last.GetDecision().GetSelectedModel())
}

func TestAStreamThatBreaksFailsAfterWhatHadArrived(t *testing.T) {
	request := &modelmuxerv1.StreamChatCompletionRequest{
		Request: &modelmuxerv1.ChatCompletionRequest{Messages: says("break")},
	}
	stream, err := client(t, "test-key").StreamChatCompletion(within(t, 10*time.Second), request)
	if err != nil {
		t.Fatal(err)
	}

	first, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()

	expect(t, "{", first.Choices[0].Delta.Content)
	expect(t, "PROVIDER_ERROR", modelmuxer.FromError(err).Reason)
}

func TestAnErrorTellsReasonStatusTextAndDetails(t *testing.T) {
	err := failure(t, "test-key", "fail INSUFFICIENT_BUDGET")

	expect(t, "INSUFFICIENT_BUDGET", err.Reason)
	expect(t, codes.ResourceExhausted, err.Code)
	expect(t, "INSUFFICIENT_BUDGET: No model fits the budget of $0.08.", err.Error())
	expect(t, "0.12", err.Details["estimate"])
	expect(t, codes.ResourceExhausted, status.Code(errors.Unwrap(err)))
}

func TestAnErrorTellsWhenToTryAgain(t *testing.T) {
	expect(t, 1500*time.Millisecond, failure(t, "test-key", "fail SECURITY_RATE_LIMIT").RetryAfter)
}

func TestAnErrorTellsWhichFieldIsAtFault(t *testing.T) {
	expect(t, "messages[0].role", failure(t, "test-key", "fail MISSING_FIELD").Field)
}

func TestAnErrorThatIsNotTheRoutersHasNoReason(t *testing.T) {
	expect(t, "Internal: Something broke.", failure(t, "test-key", "fail plainly").Error())
	expect(t, "UNSPECIFIED", failure(t, "test-key", "fail foreign").Reason)
	expect(t, "UNSPECIFIED", failure(t, "test-key", "fail garbled").Reason)
}

func TestAMissingOrWrongKeyIsRefused(t *testing.T) {
	expect(t, "INVALID_API_KEY", failure(t, "wrong-key", "Hello").Reason)
	expect(t, "INVALID_API_KEY", failure(t, "", "Hello").Reason)
}

func TestADeadlineThatPassesHereHasNoReason(t *testing.T) {
	request := &modelmuxerv1.ChatCompletionRequest{Messages: says("wait")}

	_, err := client(t, "test-key").ChatCompletion(within(t, 100*time.Millisecond), request)

	expect(t, codes.DeadlineExceeded, modelmuxer.FromError(err).Code)
	expect(t, "UNSPECIFIED", modelmuxer.FromError(err).Reason)
}

func TestNoErrorDecodesToNone(t *testing.T) {
	if decoded := modelmuxer.FromError(nil); decoded != nil {
		t.Errorf("expected nil, got %v", decoded)
	}
}
