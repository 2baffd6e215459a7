New-AcceptedDomain -Name partners -DomainName *.partners.contoso.com -DomainType InternalRelay
Get-AcceptedDomain
Get-AcceptedDomain contoso.com | Format-List
New-RemoteDomain Fabrikam -DomainName *.fabrikam.com
Get-RemoteDomain
Get-AcceptedDomain | ConvertTo-Csv -NoTypeInformation
Test-SmtpConnectivity
Get-TransportService | Format-List Name, MaxOutboundConnections, MaxPerDomainOutboundConnections, MessageExpirationTimeout, ExternalDNSServers
