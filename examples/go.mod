module github.com/interchange-smtp/interchange/examples

go 1.26.0
