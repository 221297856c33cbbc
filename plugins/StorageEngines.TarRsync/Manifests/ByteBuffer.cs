namespace StorageEngines.TarRsync.Manifests;

/// <summary>A growing buffer that is used again and again.</summary>
internal sealed class ByteBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes in it.</summary>
    internal int Length { get; private set; }

    /// <summary>What is in it.</summary>
    internal ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>The same, good until something is appended.</summary>
    internal ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>Empties it.</summary>
    internal void Clear() => Length = 0;

    /// <summary>Makes room for bytes that the caller fills.</summary>
    internal Span<byte> Extend(int count)
    {
        if (count > _bytes.Length - Length)
            Array.Resize(ref _bytes, Math.Max(checked(Length + count), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        Span<byte> room = _bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }

    /// <summary>Appends bytes.</summary>
    internal void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Extend(bytes.Length));

    /// <summary>Appends a number.</summary>
    internal void AppendVarint(ulong value)
    {
        Span<byte> room = Extend(Varint.MaxSize);
        Length -= Varint.MaxSize - Varint.Write(room, value);
    }

    /// <summary>Appends a length and the bytes.</summary>
    internal void AppendBlob(ReadOnlySpan<byte> bytes)
    {
        AppendVarint((ulong)bytes.Length);
        Append(bytes);
    }
}
