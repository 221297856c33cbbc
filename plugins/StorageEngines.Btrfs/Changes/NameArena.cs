namespace StorageEngines.Btrfs.Changes;

/// <summary>Holds the bytes of names, one after another, in pieces of 64 KiB. A name is told by a number, not by an object of its own.</summary>
internal sealed class NameArena
{
    /// <summary>The longest name, in bytes. Implements: BTRFS_NAME_LEN, NAME_MAX.</summary>
    internal const int LongestName = 255;

    private const int PieceBits = 16;
    private const int PieceSize = 1 << PieceBits;
    private const int MostPieces = 1 << (31 - PieceBits);

    private readonly List<byte[]> _pieces = [];
    private int _used = PieceSize;

    /// <summary>Bytes taken.</summary>
    internal long TakenBytes => (long)_pieces.Count << PieceBits;

    /// <summary>Keeps a name of at most <see cref="LongestName"/> bytes.</summary>
    /// <returns>Where it is.</returns>
    /// <exception cref="StorageEngineException">There are 2 GiB of names.</exception>
    internal int Add(ReadOnlySpan<byte> name)
    {
        if (PieceSize - _used < name.Length)
        {
            if (_pieces.Count == MostPieces)
            {
                throw new StorageEngineException(
                    EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.TakeFull,
                    "More than 2 GiB of names were made, moved or removed between the two snapshots; take a full copy instead.");
            }

            _pieces.Add(GC.AllocateUninitializedArray<byte>(PieceSize, pinned: true));
            _used = 0;
        }

        name.CopyTo(_pieces[^1].AsSpan(_used));
        int at = ((_pieces.Count - 1) << PieceBits) + _used;
        _used += name.Length;
        return at;
    }

    /// <summary>A name that was kept.</summary>
    internal ReadOnlySpan<byte> this[int at, int length] => _pieces[at >> PieceBits].AsSpan(at & (PieceSize - 1), length);

    /// <summary>Gives the bytes back if the name is the last that was kept; most names to be forgotten are.</summary>
    internal void Forget(int at, int length)
    {
        if (_pieces.Count - 1 == at >> PieceBits && (at & (PieceSize - 1)) + length == _used)
        {
            _used -= length;
        }
    }
}
