package mxpolicy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// fetch gets the policy of a domain from its web server (RFC 8461, section 3.3).
func (p *Policies) fetch(ctx context.Context, domain string) (*STS, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	address := "https://mta-sts." + domain + "/.well-known/mta-sts.txt"
	policy, err := p.get(ctx, address)
	if err != nil {
		return nil, &fetchError{address, err}
	}
	return policy, nil
}

// fetchError says why the policy that a domain announces can't be fetched.
type fetchError struct {
	address string
	err     error
}

// Error implements error.
func (e *fetchError) Error() string { return e.address + ": " + e.err.Error() }

// Unwrap returns the error behind e.
func (e *fetchError) Unwrap() error { return e.err }

// get gets a policy.
func (p *Policies) get(ctx context.Context, address string) (*STS, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           p.Dial,
		TLSClientConfig:       &tls.Config{RootCAs: p.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   fetchTimeout / 2,
		ResponseHeaderTimeout: fetchTimeout,
		DisableKeepAlives:     true, // the server isn't asked again today
		ForceAttemptHTTP2:     true,
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		if wrapped := new(url.Error); errors.As(err, &wrapped) {
			err = wrapped.Err // the caller names the address
		}
		return nil, err
	}
	defer response.Body.Close()
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode/100 == 3:
		return nil, fmt.Errorf("the web server redirects (%d), which is not followed", response.StatusCode)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the web server answers %s", response.Status)
	case err != nil || kind != "text/plain":
		return nil, fmt.Errorf("the content is %.80q, not text/plain", response.Header.Get("Content-Type"))
	}
	text, err := readlimit.All(response.Body, maxPolicy)
	if err != nil {
		return nil, err
	}
	return ParseSTS(string(text))
}
