package console

import (
	"strconv"
	"strings"
)

// pageSize is how many rows of a list a page shows.
const pageSize = 100

// listing is a list of rows with a filter, shown page by page.
type listing[T any] struct {
	Rows     []T
	Filter   string // of the query parameter filter
	Total    int    // rows that the filter lets through
	Of       int    // rows without the filter
	Page     int    // from 1
	Pages    int
	Previous string // the address of the page before; "": this is the first
	Next     string
	Keep     map[string]string // the query's other parameters, for the form of the filter
}

// listOf returns the rows of a page of the list: those whose text contains the filter, in any letter case.
func listOf[T any](r *request, all []T, text func(*T) string) listing[T] {
	query := r.URL.Query()
	l := listing[T]{Filter: strings.TrimSpace(query.Get("filter")), Of: len(all), Page: 1, Keep: make(map[string]string)}
	rows := all
	if want := strings.ToLower(l.Filter); want != "" {
		rows = nil
		for i := range all {
			if strings.Contains(strings.ToLower(text(&all[i])), want) {
				rows = append(rows, all[i])
			}
		}
	}
	l.Total, l.Pages = len(rows), max(1, (len(rows)+pageSize-1)/pageSize)
	if n, err := strconv.Atoi(query.Get("page")); err == nil {
		l.Page = min(max(n, 1), l.Pages)
	}
	first := (l.Page - 1) * pageSize
	l.Rows = rows[first:min(first+pageSize, len(rows))]
	at := func(page int) string {
		query.Set("page", strconv.Itoa(page))
		return r.c.base + r.URL.Path + "?" + query.Encode()
	}
	if l.Page > 1 {
		l.Previous = at(l.Page - 1)
	}
	if l.Page < l.Pages {
		l.Next = at(l.Page + 1)
	}
	for name := range query {
		if name != "filter" && name != "page" {
			l.Keep[name] = query.Get(name)
		}
	}
	return l
}
