// Package modelmuxer is the client of ModelMuxer, the LLM router: a connection that carries the API key, and the
// router's errors decoded. The calls themselves are those of the generated stubs in package modelmuxerv1.
package modelmuxer

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	modelmuxerv1 "github.com/modelmuxer/modelmuxer/clients/go/modelmuxer/v1"
)

// DefaultTarget is where a router listens that was started without saying where.
const DefaultTarget = "127.0.0.1:50051"

// maxReceiveBytes is what one answer may have. gRPC's default, 4 MiB, is less than eight choices with 1 MiB of
// provider state each.
const maxReceiveBytes = 32 << 20

// Client is a connection to the router; safe for use by several goroutines. Its calls fail with gRPC status errors,
// which [FromError] decodes.
type Client struct {
	modelmuxerv1.RouterServiceClient
	connection *grpc.ClientConn
}

// New makes a client of the router at target, such as "127.0.0.1:50051". It connects at the first call.
//
// The connection is not encrypted, and neither is the API key on its way, unless an option says otherwise:
// grpc.WithTransportCredentials(credentials.NewTLS(nil)). An empty apiKey sends none.
func New(target, apiKey string, options ...grpc.DialOption) (*Client, error) {
	defaults := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReceiveBytes)),
	}
	if apiKey != "" {
		defaults = append(defaults, grpc.WithPerRPCCredentials(bearer(apiKey)))
	}
	connection, err := grpc.NewClient(target, append(defaults, options...)...)
	if err != nil {
		return nil, err
	}
	return &Client{modelmuxerv1.NewRouterServiceClient(connection), connection}, nil
}

// Close closes the connection; calls under way fail.
func (c *Client) Close() error {
	return c.connection.Close()
}

// bearer is an API key as gRPC credentials.
type bearer string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (key bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(key)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. The router next door is reached without TLS.
func (bearer) RequireTransportSecurity() bool {
	return false
}

// String keeps the key out of logs.
func (bearer) String() string {
	return "Bearer ***"
}
