namespace StorageEngines.TarRsync.Store;

/// <summary>Cuts a file into blocks. The id is kept in the store and in each manifest.</summary>
internal interface IChunker
{
    /// <summary>The id in stored objects.</summary>
    byte Id { get; }

    /// <summary>The most bytes in one block.</summary>
    int MaxBlock { get; }

    /// <summary>The length of the next block: 1 up to the smaller of <see cref="MaxBlock"/> and what is left.</summary>
    /// <param name="ahead">The bytes from the block's start on: at least <see cref="MaxBlock"/> of them, unless the file ends sooner.</param>
    int NextLength(ReadOnlySpan<byte> ahead);
}
