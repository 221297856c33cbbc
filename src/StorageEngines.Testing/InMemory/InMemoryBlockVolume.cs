namespace StorageEngines.Testing;

/// <summary>A block volume of an <see cref="InMemoryStorageEngine"/>, to write to as its user would.</summary>
/// <remarks>Safe for use by several threads; each call happens at one instant. What is read here is not counted in <see cref="InMemoryCounters"/>.</remarks>
public sealed class InMemoryBlockVolume
{
    private readonly MemoryStore _store;
    private readonly VolumeState _volume;

    internal InMemoryBlockVolume(MemoryStore store, VolumeState volume)
    {
        _store = store;
        _volume = volume;
    }

    /// <summary>The volume's id and present name.</summary>
    public VolumeRef Ref => Info.Ref;

    /// <summary>What is known of the volume now.</summary>
    public VolumeInfo Info
    {
        get
        {
            lock (_store.Gate)
            {
                return _volume.Info;
            }
        }
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="offset">First byte; 0 or more.</param>
    /// <param name="data">The bytes; they have to end at or before the capacity.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the volume.</exception>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        lock (_store.Gate)
        {
            _volume.Content = new VolumeContent(_volume.Content.Block!.Write(offset, data), null);
        }
    }

    /// <summary>Discards a range: it reads as zeroes afterwards, and whole blocks in it are no longer allocated.</summary>
    /// <param name="offset">First byte; 0 or more.</param>
    /// <param name="length">Length in bytes; 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the volume.</exception>
    public void Discard(long offset, long length)
    {
        lock (_store.Gate)
        {
            _volume.Content = new VolumeContent(_volume.Content.Block!.Punch(offset, length), null);
        }
    }

    /// <summary>Changes the capacity. A grown range reads as zeroes; what is cut off is lost.</summary>
    /// <param name="capacityBytes">The new size in bytes; 0 or more.</param>
    public void Resize(long capacityBytes)
    {
        lock (_store.Gate)
        {
            _volume.Content = new VolumeContent(_volume.Content.Block!.Resize(capacityBytes), null);
        }
    }

    /// <summary>Reads bytes of the live volume.</summary>
    /// <param name="offset">First byte; 0 or more.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the volume.</exception>
    public void Read(long offset, Span<byte> destination) => Content().Read(offset, destination);

    /// <summary>Reads the whole live volume.</summary>
    /// <returns>Its bytes.</returns>
    public byte[] ReadAll()
    {
        SparseContent content = Content();
        var bytes = new byte[content.Length];
        content.Read(0, bytes);
        return bytes;
    }

    private SparseContent Content()
    {
        lock (_store.Gate)
        {
            return _volume.Content.Block!;
        }
    }
}
