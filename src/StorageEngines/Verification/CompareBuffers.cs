namespace StorageEngines;

/// <summary>The two buffers of a comparison; shared by the files of a tree, which are compared one after the other.</summary>
internal sealed class CompareBuffers
{
    /// <summary>Bytes in each: 1 MiB.</summary>
    internal const int Bytes = 1024 * 1024;

    internal byte[] Base { get; } = new byte[Bytes];

    internal byte[] Target { get; } = new byte[Bytes];
}
