Get-ReceiveConnector | Format-List Name, Bindings, RemoteIPRanges, AuthMechanism, PermissionGroups, DomainSecureEnabled, MessageRateLimit
New-SendConnector "Inward" -AddressSpaces "--" -Usage Internal -SmartHosts mbx01.contoso.com, mbx02.contoso.com -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential (Get-Credential)
Get-SendConnector | Format-List
New-ReceiveConnector "Clients" -Client -RemoteIPRanges 10.0.0.0/8
Get-TransportService | Format-List Name, AntispamAgentsEnabled, OutboundConnectionFailureRetryInterval, TransientFailureRetryInterval
