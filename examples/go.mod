module github.com/interchange-smtp/interchange/examples

go 1.26.0

require (
	github.com/interchange-smtp/interchange v0.0.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // indirect
	github.com/emersion/go-smtp v0.25.1 // indirect
)

replace github.com/interchange-smtp/interchange => ../
