// Package interchange is the front door of an embeddable library for SMTP
// connector policy and routing.
package interchange
