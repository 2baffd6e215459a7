module github.com/interchange-smtp/interchange/milter

go 1.26.0

require (
	github.com/emersion/go-milter v0.5.0
	github.com/emersion/go-msgauth v0.7.0
	github.com/interchange-smtp/interchange v0.0.0
)

require (
	github.com/emersion/go-message v0.18.2 // indirect
	github.com/gaissmai/bart v0.30.0 // indirect
	github.com/pires/go-proxyproto v0.15.0 // indirect
	github.com/xdg-go/scram v1.4.0 // indirect
	github.com/xdg-go/stringprep v1.0.4 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/interchange-smtp/interchange => ../
