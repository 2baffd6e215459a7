package postfix

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// fate says what becomes of parameters that the reader doesn't take.
type fate struct {
	names string // separated by blanks; a name that ends in * stands for all that begin so
	why   string
	fix   string // "": without meaning
}

const (
	noDelivery = "mail isn't delivered to mailboxes here"
	noCleanup  = "messages aren't rewritten here"

	noRecipients = "which recipients exist isn't part of a policy"
	lookUp       = "name a file of the addresses with -recipients or a directory with -recipients-ldap, or ask the next hop with -recipients-ask"
	nameUsers    = "name the users and their addresses with -users or -ldap, or a file of Dovecot or Unix with -passwd"
)

// fates are in order: the first that has a name decides.
var fates = []fate{
	{"smtpd_milters non_smtpd_milters smtpd_milter_maps milter_*", "milters aren't part of a policy", "name them with -milter"},
	{"content_filter default_filter_nexthop smtpd_proxy_* receive_override_options", "mail isn't passed through a filter by SMTP", "use a milter (-milter), or make the filter the next hop"},
	{"header_checks body_checks mime_header_checks nested_header_checks smtp_header_checks smtp_body_checks smtp_mime_header_checks smtp_nested_header_checks", "the content of messages isn't checked or changed here", "use a milter (-milter)"},
	{"always_bcc sender_bcc_maps recipient_bcc_maps", "no copies are sent", "let the next hop send copies"},
	{"smtp_generic_maps generic_maps canonical_maps sender_canonical_maps recipient_canonical_maps masquerade_domains masquerade_exceptions", noCleanup, "where all clients of a Receive connector are to send as one address, set RewriteSender and RewriteFrom; otherwise let the next hop rewrite"},
	{"virtual_alias_maps virtual_maps alias_maps alias_database recipient_delimiter propagate_unmatched_extensions", "aliases aren't resolved here", "let the server with the mailboxes resolve them"},
	{"sender_dependent_relayhost_maps sender_dependent_default_transport_maps smtp_sender_dependent_authentication", "a route depends on the recipient alone", "serve these senders with a gateway of their own, or let the next hop choose"},
	{"relay_recipient_maps", noRecipients, "give the relay domains a Send connector of their own and DomainType Authoritative, and name a file of the addresses with -recipients, or ask the next hop with -recipients-ask"},
	{"local_recipient_maps virtual_mailbox_maps smtpd_reject_unlisted_recipient", noRecipients, lookUp},
	{"address_verify_*", "the gateway has rules of its own for asking the next hop (-recipients-ask)", ""},
	{"smtp_fallback_relay fallback_relay", "a Send connector has no next hop for mail that fails elsewhere", "add the host to SmartHosts, or make a Send connector with the same address space and a higher cost"},
	{"smtpd_tls_cert_file smtpd_tls_key_file smtpd_tls_chain_files smtpd_tls_eccert_file smtpd_tls_eckey_file smtpd_tls_dcert_file smtpd_tls_dkey_file tls_server_sni_maps", "certificates aren't part of a policy", "name the files with -cert and -key"},
	{"smtp_tls_cert_file smtp_tls_key_file smtp_tls_chain_files smtp_tls_eccert_file smtp_tls_eckey_file", "certificates aren't part of a policy", "name the files with -cert and -key, and the certificate with TlsCertificateName of the Send connectors"},
	{"smtpd_tls_CAfile smtpd_tls_CApath", "authorities of clients' certificates aren't part of a policy", "name the file with -client-ca"},
	{"smtpd_tls_ask_ccert smtpd_tls_req_ccert smtpd_tls_ccert_verifydepth relay_clientcerts smtpd_tls_fingerprint_digest", "clients aren't let in by certificates of Postfix's tables", "set ClientCertificate in AuthMechanism, and give the users' certificates names in -users"},
	{"smtp_tls_CAfile smtp_tls_CApath lmtp_tls_CAfile smtp_tls_trust_anchor_file tls_append_default_CA", "the authorities of the system are asked for next hops", "add the authority to those of the system"},
	{"smtp_tls_protocols smtp_tls_mandatory_protocols lmtp_tls_protocols smtp_tls_fingerprint_cert_match smtp_tls_verify_cert_match smtp_tls_secure_cert_match smtp_tls_per_site", "what is checked of a next hop is said by its Send connector", "set TlsAuthLevel and TlsDomain of the Send connectors; TLS 1.2 is the oldest version"},
	{"smtpd_upstream_proxy_protocol smtpd_upstream_proxy_timeout postscreen_upstream_proxy_protocol postscreen_upstream_proxy_timeout", "which load balancers say who a client is isn't part of a policy", "name the load balancers with -proxy-from"},
	{"smtpd_authorized_xclient_hosts", "which hosts may use XCLIENT isn't part of a policy", "name the hosts with -xclient-from"},
	{"smtpd_authorized_xforward_hosts", "XFORWARD doesn't exist here", "let these hosts say by the PROXY protocol (-proxy-from) or XCLIENT (-xclient-from) who a client is"},
	{"relocated_maps", "recipients that have moved aren't refused with their new address", "let the next hop refuse them"},
	{"smtp_sasl_password_maps smtp_sasl_security_options", "the server doesn't log on to next hops, by smtp_sasl_auth_enable", ""},
	{"smtpd_sasl_type smtpd_sasl_path smtpd_sasl_local_domain smtpd_sender_login_maps smtpd_sasl_mechanism_filter broken_sasl_auth_clients cyrus_sasl_config_path send_cyrus_sasl_authzid", "users log on as docs/gateway.md says, if at all", ""},
	{"smtpd_client_event_limit_exceptions", "no Receive connector is for clients of mynetworks alone", ""},
	{"smtpd_client_connection_rate_limit smtpd_client_recipient_rate_limit smtpd_client_new_tls_session_rate_limit smtpd_client_auth_rate_limit smtpd_client_ipv4_prefix_length smtpd_client_ipv6_prefix_length", "Receive connectors count connections at a time, messages, errors and logons instead", "set MaxInboundConnectionPerSource, MessageRateLimit and MaxLogonFailures"},
	{"smtp_destination_rate_delay default_destination_rate_delay smtp_transport_rate_delay default_transport_rate_delay", "attempts aren't delayed by a fixed time", "set SmartHostMessageRateLimit of the Send connector"},
	{"smtp_dns_support_level", "whether the DNS is trusted isn't part of a policy", "name a name server that checks DNSSEC with -dns-trusted"},
	{"mydestination relay_domains virtual_alias_domains virtual_mailbox_domains transport_maps relayhost", "a service has no domains and routes of its own", "serve it with a gateway of its own"},
	{"*_time_limit", "programs aren't run for mail", ""},
	{"bounce_queue_lifetime", "messages and reports are tried for the same time", "set MessageExpirationTimeout for both"},
	{"notify_classes bounce_notice_recipient error_notice_recipient delay_notice_recipient 2bounce_notice_recipient disable_dns_lookups smtp_dns_resolver_options soft_bounce default_extra_recipient_limit smtp_mx_address_limit smtp_host_lookup", "there is no such choice here", "see docs/gateway.md for what the gateway does"},
	{"smtpd_discard_ehlo_keywords smtpd_discard_ehlo_keyword_address_maps", "extensions are switched off one by one", "set the parameters of the Receive connector, such as PipeliningEnabled and ChunkingEnabled"},
	{"smtpd_sasl_exceptions_networks smtpd_sasl_authenticated_header smtpd_sasl_tls_security_options smtpd_sasl_service", "AUTH is offered to all clients of a Receive connector alike", "make a Receive connector without BasicAuth for these clients"},
	{"smtpd_etrn_restrictions fast_flush_*", "ETRN doesn't exist here", "let the other server call more often, or keep its mail queued with gateway queue"},
	{"smtp_tls_servername smtp_tls_fingerprint_digest smtp_tls_dcert_file smtp_tls_dkey_file smtp_tls_dane_* smtpd_tls_always_issue_session_ids openssl_path debug_peer_* maillog_* syslog_* enable_long_queue_ids smtp_tls_loglevel smtpd_tls_loglevel smtpd_tls_received_header smtp_tls_note_starttls_offer smtp_connection_reuse_* smtp_tls_session_cache_* smtpd_tls_session_cache_* tls_random_* tls_ssl_options tls_preempt_cipherlist tls_high_cipherlist tls_medium_cipherlist tls_low_cipherlist tls_export_cipherlist tls_eecdh_* smtpd_tls_eecdh_grade smtpd_tls_*ciphers smtpd_tls_ciphers smtpd_tls_mandatory_ciphers smtpd_tls_exclude_ciphers smtpd_tls_mandatory_exclude_ciphers smtp_tls_ciphers smtp_tls_mandatory_ciphers smtp_tls_exclude_ciphers smtp_tls_mandatory_exclude_ciphers smtpd_tls_dh* smtp_tls_scert_verifydepth", "the gateway chooses it, or logs it in its own way", ""},
	{"mailbox_* home_mailbox mail_spool_directory local_* virtual_* best_mx_transport expand_owner_alias forward_expansion_filter frozen_delivered_to owner_request_special pipe_* prepend_delivered_header reset_owner_alias luser_relay forward_path allow_mail_to_* biff deliver_lock_* fallback_transport* require_home_directory strict_mailbox_ownership command_* dovecot_* sendmail_path newaliases_path mailq_path lmtp_*", noDelivery, ""},
	{"allow_min_user alternate_config_directories application_event_* authorized_* berkeley_db_* lmdb_map_size backwards_* connection_cache_* daemon_* debugger_command dns* dont_remove enable_* execution_* fault_* helpful_warnings info_log_* known_tcp_ports mail_release_date respectful_logging tcp_windowsize sun_mailtool_* *_directory *_program* setgid_group mail_owner default_privs process_* default_process_limit daemon_timeout ipc_* manpage_directory sample_directory readme_directory html_directory meta_directory shlib_directory import_environment export_environment multi_instance_* *_service_name compatibility_level default_database_type mail_name mail_version mydomain append_at_myorigin append_dot_mydomain inet_protocols smtp_address_preference anvil_*", "it concerns how Postfix is built and run", ""},
	{"always_add_missing_headers message_drop_headers *canonical_classes masquerade_classes detect_8bit_encoding_header disable_mime_* duplicate_filter_limit enable_original_recipient header_from_format internal_mail_filter_classes sendmail_fix_line_endings", "the gateway has rules of its own for headers, see docs/differences.md", ""},
	{"header_size_limit header_address_token_limit mime_* line_length_limit body_checks_size_limit", "the gateway limits the whole header: MaxHeaderSize", ""},
	{"confirm_delay_cleared default_verp_delimiters smtpd_authorized_verp_clients verp_delimiter_filter bounce_* double_bounce_sender 2bounce_* delay_* defer_* empty_address_* disable_verp_bounces undisclosed_recipients_header", "reports follow docs/reports.md", ""},
	{"*_delivery_slot_cost *_delivery_slot_discount *_delivery_slot_loan *_minimum_delivery_slots *_recipient_limit *_recipient_refill_delay *_recipient_refill_limit *_initial_destination_concurrency *_transport_rate_delay *_destination_rate_delay *_destination_recipient_limit *_destination_concurrency_limit *_cohort_limit *_feedback destination_concurrency_* in_flow_delay qmgr_* minimal_* maximal_* queue_* default_destination_* default_*limit smtp_destination_* relay_destination_* default_delivery_* initial_destination_* transport_retry_time hash_queue_* fork_* max_idle max_use", "the queue works otherwise, see docs/queue.md", ""},
	{"ignore_mx_lookup_error smtp_balance_inet_protocols smtp_bind_* smtp_delivery_* smtp_dns_* smtp_extra_* smtp_min_data_rate smtp_*timeout* smtp_connection_cache_* smtp_line_length_limit smtp_quit_timeout smtp_pix_* smtp_skip_* smtp_always_send_ehlo smtp_never_send_ehlo smtp_randomize_addresses smtp_mx_session_limit smtp_cname_* smtp_quote_* smtp_send_* smtp_reply_* smtp_discard_* smtp_host_* smtp_per_* smtp_address_* smtp_defer_* smtp_sasl_type smtp_sasl_path smtp_sasl_mechanism_filter smtp_sasl_auth_* smtp_sasl_tls_* smtp_tls_block_* smtp_tls_connection_reuse smtp_tls_enforce_peername smtp_tls_force_insecure_host_tlsa_lookup smtp_dsn_filter", "the gateway has rules of its own for next hops, see docs/routing.md", ""},
	{"permit_mx_backup_networks smtpd_client_port_logging smtpd_min_data_rate smtpd_helo_required disable_vrfy_command strict_rfc821_envelopes smtpd_delay_reject smtpd_delay_open_until_valid_rcpt smtpd_junk_command_limit smtpd_soft_error_limit smtpd_history_flush_threshold smtpd_noop_commands smtpd_forbidden_commands smtpd_forbid_* smtpd_per_* smtpd_peername_lookup smtpd_starttls_timeout smtpd_recipient_overshoot_limit smtpd_recipient_limit smtpd_command_filter smtpd_dns_* smtpd_expansion_filter smtpd_log_* smtpd_policy_* smtpd_reject_* smtpd_null_access_lookup_key smtpd_sasl_response_limit smtpd_data_* smtpd_relay_before_recipient_restrictions smtputf8_* strict_* resolve_* allow_percent_hack allow_untrusted_routing swap_bangpath access_map_* maps_rbl_* invalid_hostname_reject_code non_fqdn_reject_code reject_* relay_domains_reject_code unknown_* unverified_* plaintext_reject_code multi_recipient_bounce_reject_code rbl_reply_maps default_rbl_reply tls_* parent_domain_matches_subdomains proxy_interfaces local_header_rewrite_clients remote_header_rewrite_domain message_reject_characters message_strip_characters smtpd_timeout smtpd_error_sleep_time", "the gateway has rules of its own for commands and replies, see docs/receive.md", ""},
	{"qmqpd_* postmulti_* postlogd_* postscreen_* dnsblog_* tlsproxy_* verify_* rewrite_* trigger_timeout stale_lock_time service_* show_user_unknown_table_name proxy_* cleanup_* pickup_* flush_* error_* showq_* anvil_*", "the gateway has no such service", ""},
}

// systemAuthorities are where systems have the authorities that they trust, which count anyway.
var systemAuthorities = []string{"/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}

// has reports whether the fate is that of a parameter.
func (f fate) has(name string) bool {
	return slices.ContainsFunc(strings.Fields(f.names), func(pattern string) bool {
		before, after, wild := strings.Cut(pattern, "*")
		if !wild {
			return name == pattern
		}
		return len(name) >= len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, strings.TrimSuffix(after, "*"))
	})
}

// rest accounts for the settings that nothing else has taken.
func (r *reader) rest() {
	for _, name := range r.order {
		r.account(name, r.main[name])
	}
	for _, sv := range r.services {
		for name, set := range sv.over {
			r.account(name, set)
		}
	}
	for _, c := range r.clients {
		for name, set := range c.over {
			r.account(name, set)
		}
	}
}

// account accounts for a setting unless that is done.
func (r *reader) account(name string, set setting) {
	switch {
	case set.at == (source.Position{}) || r.Has(set.at, name):
		return
	case set.value == "":
		r.WithoutMeaning(set.at, name, "it is empty")
		return
	}
	for _, f := range fates {
		switch {
		case !f.has(name):
		case f.fix == "" || slices.Contains(systemAuthorities, set.value):
			r.WithoutMeaning(set.at, name, f.why)
			return
		default:
			r.NotPossible(set.at, name, f.why, f.fix)
			return
		}
	}
	if r.referred[name] {
		r.Taken(set.at, name, "where other settings refer to $"+name)
		return
	}
	r.NotPossible(set.at, name, "this reader doesn't know the parameter, and no setting that it takes refers to it", "look it up in postconf(5), and say it with the parameters of a connector if it has to do with who may send")
}
