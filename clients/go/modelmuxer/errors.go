package modelmuxer

import (
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	domain       = "modelmuxer"
	reasonPrefix = "ERROR_REASON_"
	unspecified  = "UNSPECIFIED"
)

// Error says why a call failed.
type Error struct {
	// Reason is a name of modelmuxerv1.ErrorReason without its prefix, such as INSUFFICIENT_BUDGET. It is UNSPECIFIED
	// when it was not the router that failed the call: no connection, say, or a deadline that passed here.
	Reason string
	// Code is the gRPC status.
	Code codes.Code
	// Message is for people.
	Message string
	// Details are the particulars that belong to the reason.
	Details map[string]string
	// RetryAfter is when to try again; 0 when the router names no time.
	RetryAfter time.Duration
	// Field is the path of the field at fault, such as messages[0].role; empty when there is none.
	Field string

	cause error
}

// FromError decodes the error of a call. It returns nil for nil.
func FromError(err error) *Error {
	if err == nil {
		return nil
	}
	plain := status.Convert(err)
	decoded := &Error{Reason: unspecified, Code: plain.Code(), Message: plain.Message(), cause: err}
	for _, detail := range plain.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == domain {
				decoded.Reason = strings.TrimPrefix(detail.GetReason(), reasonPrefix)
				decoded.Details = detail.GetMetadata()
			}
		case *errdetails.RetryInfo:
			decoded.RetryAfter = detail.GetRetryDelay().AsDuration()
		case *errdetails.BadRequest:
			if violations := detail.GetFieldViolations(); len(violations) > 0 {
				decoded.Field = violations[0].GetField()
			}
		}
	}
	return decoded
}

// Error is the reason and the message.
func (e *Error) Error() string {
	if e.Reason == unspecified {
		return e.Code.String() + ": " + e.Message
	}
	return e.Reason + ": " + e.Message
}

// Unwrap returns the error that was decoded.
func (e *Error) Unwrap() error {
	return e.cause
}
