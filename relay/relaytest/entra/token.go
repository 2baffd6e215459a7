package entra

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	grantJWT    = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantDevice = "urn:ietf:params:oauth:grant-type:device_code"
)

// token is the token endpoint, v1.0 if it takes a resource.
func (s *Server) token(w http.ResponseWriter, params url.Values, resource bool) {
	s.mu.Lock()
	s.requests = append(s.requests, maps.Clone(params))
	s.mu.Unlock()
	if s.Script != nil {
		if a := s.Script(params); a != nil {
			a.write(w)
			return
		}
	}
	fields, refused := s.grant(params, resource)
	if refused != nil {
		refused.write(w)
		return
	}
	if resource {
		fields["expires_in"] = fmt.Sprint(fields["expires_in"])
	}
	answer(w, http.StatusOK, fields)
}

// grant returns the fields of an answer with a token.
func (s *Server) grant(params url.Values, resource bool) (map[string]any, *Answer) {
	switch {
	case resource && !params.Has("resource"):
		return nil, refuse("invalid_request", 900144, "The request body must contain the following parameter: 'resource'.")
	case !resource && params.Has("resource"):
		return nil, refuse("invalid_request", 901002, "The 'resource' request parameter is not supported.")
	}
	switch params.Get("grant_type") {
	case "client_credentials":
		app, refused := s.app(params)
		if refused != nil {
			return nil, refused
		}
		audience, whole := strings.CutSuffix(params.Get("scope"), "/.default")
		if !whole && !resource {
			return nil, refuse("invalid_scope", 1002012, "The provided value for scope is not valid.")
		}
		return s.issue(map[string]any{"aud": cmp.Or(params.Get("resource"), audience), "app_displayname": app.ID, "roles": app.Roles}, "")
	case "refresh_token":
		if _, refused := s.app(params); refused != nil {
			return nil, refused
		}
		return s.refreshed(params)
	case grantDevice:
		app, refused := s.app(params)
		if refused != nil {
			return nil, refused
		}
		return s.deviceToken(params, app)
	case grantJWT:
		return s.serviceToken(params)
	}
	return nil, &Answer{Error: "unsupported_grant_type", Description: "AADSTS70003: The app requested an unsupported grant type."}
}

// app returns the application of a request, whose secret or assertion is checked.
func (s *Server) app(params url.Values) (App, *Answer) {
	known := s.findApp(params.Get("client_id"))
	if known == nil {
		return App{}, refuse("unauthorized_client", 700016, "Application with identifier '"+params.Get("client_id")+"' was not found in the directory 'Contoso'.")
	}
	app := *known
	switch {
	case params.Has("client_assertion"):
		if app.Key == nil || !signed(params.Get("client_assertion"), app) {
			return app, refuse("invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application.")
		}
	case params.Has("client_secret"):
		if app.Secret == "" || params.Get("client_secret") != app.Secret {
			return app, refuse("invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.")
		}
	case params.Get("grant_type") != "client_credentials" && !app.Public:
		return app, refuse("invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	case params.Get("grant_type") == "client_credentials":
		return app, refuse("invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
	}
	return app, nil
}

// signed reports whether an assertion is the application's.
func signed(assertion string, app App) bool {
	t, err := jwt.Parse(assertion, func(*jwt.Token) (any, error) { return app.Key, nil },
		jwt.WithValidMethods([]string{"PS256", "RS256"}), jwt.WithExpirationRequired(), jwt.WithIssuer(app.ID), jwt.WithSubject(app.ID))
	return err == nil && t.Header["x5t#S256"] != nil
}

// issue returns the fields with a new access token of account, "" if it is an application's or its
// claims name the account already.
func (s *Server) issue(claims map[string]any, account string) (map[string]any, *Answer) {
	if account != "" {
		claims["upn"], claims["scp"] = account, "SMTP.Send"
	}
	access, err := s.Sign(claims)
	if err != nil {
		return nil, &Answer{Status: http.StatusInternalServerError, Body: err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued[access] = true
	return map[string]any{"token_type": "Bearer", "expires_in": int(s.lifetime().Seconds()), "access_token": access}, nil
}

// refreshed uses a refresh token.
func (s *Server) refreshed(params url.Values) (map[string]any, *Answer) {
	old := params.Get("refresh_token")
	s.mu.Lock()
	account, ok := s.refresh[old]
	next := old
	if ok && s.Rotate {
		delete(s.refresh, old)
		next = s.newLogon(account)
	}
	s.mu.Unlock()
	if !ok {
		return nil, refuse("invalid_grant", 50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed.")
	}
	fields, refused := s.issue(map[string]any{}, account)
	if refused == nil {
		fields["refresh_token"] = next
	}
	return fields, refused
}

// device is the endpoint for device codes.
func (s *Server) device(w http.ResponseWriter, params url.Values) {
	if s.findApp(params.Get("client_id")) == nil {
		refuse("unauthorized_client", 700016, "Application was not found in the directory.").write(w)
		return
	}
	c := &code{user: rand.Text()[:9], client: params.Get("client_id")}
	id := rand.Text() + rand.Text()
	s.mu.Lock()
	s.codes[id] = c
	s.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"device_code": id, "user_code": c.user, "verification_uri": "https://microsoft.com/devicelogin",
		"expires_in": 900, "interval": 5, "message": "To sign in, use a web browser."})
}

// deviceToken answers a device that waits for its person.
func (s *Server) deviceToken(params url.Values, app App) (map[string]any, *Answer) {
	s.mu.Lock()
	c := s.codes[params.Get("device_code")]
	switch {
	case c == nil || c.client != app.ID:
		s.mu.Unlock()
		return nil, refuse("bad_verification_code", 70020, "This device code has expired.")
	case c.denied:
		s.mu.Unlock()
		return nil, &Answer{Error: "authorization_declined", Description: "AADSTS70018: The user declined."}
	case c.account == "":
		s.mu.Unlock()
		return nil, refuse("authorization_pending", 70016, "The user has not yet logged on.")
	}
	delete(s.codes, params.Get("device_code"))
	refresh := s.newLogon(c.account)
	s.mu.Unlock()
	fields, refused := s.issue(map[string]any{}, c.account)
	if refused == nil && slices.Contains(strings.Fields(params.Get("scope")), "offline_access") {
		fields["refresh_token"] = refresh
	}
	return fields, refused
}

// serviceToken answers a service account, as Google does.
func (s *Server) serviceToken(params url.Values) (map[string]any, *Answer) {
	unverified, _, err := jwt.NewParser().ParseUnverified(params.Get("assertion"), jwt.MapClaims{})
	if err != nil {
		return nil, &Answer{Error: "invalid_grant", Description: "Invalid JWT: Failed to decode."}
	}
	issuer, _ := unverified.Claims.GetIssuer()
	key := s.ServiceAccounts[issuer]
	if key == nil {
		return nil, &Answer{Error: "invalid_grant", Description: "Invalid grant: account not found"}
	}
	t, err := jwt.Parse(params.Get("assertion"), func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
	if err != nil {
		return nil, &Answer{Error: "invalid_grant", Description: "Invalid JWT Signature."}
	}
	claims := t.Claims.(jwt.MapClaims)
	if claims["scope"] != "https://mail.google.com/" {
		return nil, &Answer{Status: http.StatusUnauthorized, Error: "unauthorized_client", Description: "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}
	}
	subject, _ := claims.GetSubject()
	return s.issue(map[string]any{"upn": subject, "scope": claims["scope"]}, "")
}

// keys writes the JWKS document.
func (s *Server) keys(w http.ResponseWriter) {
	answer(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "entra-test",
		"n": base64.RawURLEncoding.EncodeToString(s.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(s.key.E)).Bytes()),
	}}})
}
