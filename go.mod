module github.com/interchange-smtp/interchange

go 1.26.0
