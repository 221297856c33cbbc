namespace StorageEngines;

/// <summary>How to export a block differential.</summary>
public sealed record BlockExportOptions
{
    /// <summary>The file that is exported; required on a tree volume, null on a block volume. Default: null.</summary>
    public BytePath? Path { get; init; }

    /// <summary>The file's path in the base if it is another one. Default: null, the same as <see cref="Path"/>.</summary>
    public BytePath? BasePath { get; init; }

    /// <summary>What to do when the engine cannot say what changed. Default: <see cref="FallbackPolicy.Fail"/>. A full stream needs no policy.</summary>
    public FallbackPolicy Fallback { get; init; }

    /// <summary>
    /// The version of the format. Range: 1 or 2. Default: 1, which <c>rbd import-diff</c> and <c>rbd merge-diff</c> read; they refuse version 2 outside of
    /// whole image exports.
    /// </summary>
    public int Version { get; init; } = 1;

    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }
}
