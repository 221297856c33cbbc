namespace StorageEngines.TarRsync.Store;

/// <summary>The constants of store format 2; see docs/store-format.md.</summary>
internal static class StoreFormat
{
    /// <summary>The newest major version this program reads, and the one it writes.</summary>
    internal const ushort Major = 2;

    /// <summary>The minor version it writes; readers ignore it.</summary>
    internal const ushort Minor = 0;

    /// <summary>Bytes of a fixed block: 65536.</summary>
    internal const int BlockSize = 65536;

    /// <summary>The longest block of any chunker, in bytes: 1 MiB. A reader's buffer never has to be longer.</summary>
    internal const int MaxBlock = 1 << 20;

    /// <summary>A pack is sealed once it is this long, in bytes: 32 MiB.</summary>
    internal const int PackTarget = 32 << 20;

    /// <summary>The largest pack that a reader accepts, in bytes: 1 GiB.</summary>
    internal const long MaxPack = 1L << 30;

    /// <summary>The largest small record (store, volume, snapshot), in bytes: 16 MiB.</summary>
    internal const int MaxRecord = 16 << 20;
}
