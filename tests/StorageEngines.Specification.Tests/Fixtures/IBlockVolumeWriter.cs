namespace StorageEngines.Specification;

/// <summary>Changes the live content of a block volume, past the engine: what an application does to it.</summary>
/// <remarks>Used by one thread at a time unless a law says otherwise; a write that has returned is seen by the next snapshot.</remarks>
public interface IBlockVolumeWriter
{
    /// <summary>Writes bytes.</summary>
    /// <param name="offset">Where, in bytes; the range lies inside the capacity.</param>
    /// <param name="bytes">What to write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when the bytes are written.</returns>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Discards a range, so that it reads as zeroes.</summary>
    /// <param name="offset">Where, in bytes.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if the volume cannot discard; nothing happened then.</returns>
    ValueTask<bool> DiscardAsync(long offset, long length, CancellationToken cancellationToken);

    /// <summary>Changes the capacity. What is added reads as zeroes.</summary>
    /// <param name="capacityBytes">The new capacity in bytes; need not be a multiple of anything.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if the volume cannot be resized to that size; nothing happened then.</returns>
    ValueTask<bool> ResizeAsync(long capacityBytes, CancellationToken cancellationToken);

    /// <summary>Reads the whole live content.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>As many bytes as the capacity.</returns>
    ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken);
}
