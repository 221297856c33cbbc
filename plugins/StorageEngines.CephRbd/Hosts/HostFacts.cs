namespace StorageEngines.CephRbd.Hosts;

/// <summary>What a host has.</summary>
/// <param name="Version">The release of librbd or of the program, for people.</param>
/// <param name="Notes">What people should know.</param>
internal sealed record HostFacts(string Version, IReadOnlyList<string> Notes);
