# on top of what other files hold
Get-AcceptedDomain fabrikam | Set-AcceptedDomain -DomainType InternalRelay
foreach ($row in Import-Csv .\scanners.csv) {
    Set-ReceiveConnector $row.Connector -RemoteIPRanges @{Add = $row.Address}
}
