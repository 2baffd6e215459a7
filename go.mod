module github.com/interchange-smtp/interchange

go 1.26.0

require (
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6
	github.com/emersion/go-smtp v0.25.1
)

require (
	github.com/emersion/go-msgauth v0.7.0
	github.com/gaissmai/bart v0.30.0
	github.com/gofrs/flock v0.13.2
	golang.org/x/crypto v0.58.0
	golang.org/x/sync v0.24.0
)

require (
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/xdg-go/scram v1.4.0
	github.com/xdg-go/stringprep v1.0.4
	golang.org/x/oauth2 v0.38.0
	golang.org/x/sys v0.49.0
)

require (
	blitiri.com.ar/go/spf v1.6.0
	github.com/miekg/dns v1.1.73
	gopkg.in/yaml.v3 v3.0.1
)

require github.com/pires/go-proxyproto v0.15.0

require (
	golang.org/x/net v0.62.0
	golang.org/x/text v0.43.0 // indirect
)
