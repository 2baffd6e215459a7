package order_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/order"
)

// A server asks before each command and tells the State what it has accepted.
func Example() {
	state := order.State{Greeted: true}
	fmt.Println(state.Refuse(order.Rcpt))
	state.Transaction = true
	fmt.Println(state.Refuse(order.Data))
	state.Recipients++
	fmt.Println(state.Refuse(order.Data) == 0)
	// Output:
	// need-mail
	// need-rcpt
	// true
}
