package permission

import "errors"

// maxErrors bounds how many mistakes of one value are reported, so that a
// hostile input can't be answered by a larger error.
const maxErrors = 50

func joinErrors(errs []error) error {
	if len(errs) > maxErrors {
		errs = errs[:maxErrors]
	}
	return errors.Join(errs...)
}
