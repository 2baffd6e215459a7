# what a fresh server of 2007 has
Get-ReceiveConnector | Format-List
Get-TransportConfig | Format-List MaxReceiveSize, MaxSendSize, MaxRecipientEnvelopeLimit, DSNConversionMode
Get-ExchangeServer
