namespace StorageEngines.Hosting;

/// <summary>What the host hands to engines.</summary>
internal sealed record HostSeams(ICommandRunnerProvider Commands, IHttpConnector Http, ISecretResolver Secrets, TimeProvider Time);
