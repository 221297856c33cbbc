namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>The bad inputs, all of them.</summary>
internal static class BadInputList
{
    internal static IReadOnlyList<BadInput> All { get; } = [.. CommandLineInputs.All, .. PlaceInputs.All, .. StoreInputs.All, .. SnapshotInputs.All, .. StreamInputs.All, .. BtrfsInputs.All];
}
