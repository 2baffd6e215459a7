# Mail from and to one partner uses mutual TLS.
#: server EX01.contoso.com
Set-TransportConfig -TLSReceiveDomainSecureList woodgrove.example -TLSSendDomainSecureList woodgrove.example
New-ReceiveConnector "From Partner" -TransportRole FrontendTransport -Partner -Bindings 10.0.0.1:25 -RemoteIPRanges 198.51.100.0/28
Set-ReceiveConnector "From Partner" -DomainSecureEnabled $true -RequireTLS $true -AuthMechanism Tls
New-SendConnector "To Partner" -Partner -AddressSpaces woodgrove.example -DNSRoutingEnabled $true -DomainSecureEnabled $true
Get-ReceiveConnector "From Partner" | Format-List Name,AuthMechanism,PermissionGroups,DomainSecureEnabled,RequireTLS,RemoteIPRanges
Get-SendConnector "To Partner" | Format-List Name,DomainSecureEnabled,RequireTLS,TlsAuthLevel,TlsDomain
Get-TransportConfig | Format-List TLS*DomainSecureList
New-SendConnector "Inside" -AddressSpaces contoso.com -SmartHosts 10.0.0.9 -DNSRoutingEnabled $false | Out-Null
#> 198.51.100.3 10.0.0.1:25 a@woodgrove.example bob@contoso.com tls cert=woodgrove.example
#> 198.51.100.3 10.0.0.1:25 a@woodgrove.example bob@contoso.com tls
#> 198.51.100.3 10.0.0.1:25 a@woodgrove.example bob@contoso.com
#> 198.51.100.3 10.0.0.1:25 a@woodgrove.example somebody@example.net tls cert=woodgrove.example
