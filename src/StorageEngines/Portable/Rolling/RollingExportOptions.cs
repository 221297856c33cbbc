namespace StorageEngines;

/// <summary>How to export the rolling difference of two snapshots.</summary>
public sealed record RollingExportOptions
{
    /// <summary>The file that is exported; required on a tree volume, null on a block volume. Default: null.</summary>
    public BytePath? Path { get; init; }

    /// <summary>The file's path in the base if it is another one. Default: null, the same as <see cref="Path"/>.</summary>
    public BytePath? BasePath { get; init; }

    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }
}
