namespace StorageEngines.Specification;

/// <summary>Changes the live content of a tree volume, past the engine: what an application does to it. Paths are relative to the volume's root.</summary>
/// <remarks>
/// Used by one thread at a time unless a law says otherwise; a change that has returned is seen by the next snapshot. What returns false is not
/// possible on this kind of volume, and nothing happened.
/// </remarks>
public interface ITreeVolumeWriter
{
    /// <summary>Whether names may hold any byte but NUL and <c>/</c>; false where the file system wants UTF-8.</summary>
    bool AcceptsAnyName { get; }

    /// <summary>Writes bytes to a file, which is made if it is not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where, in bytes; a gap before it becomes a hole.</param>
    /// <param name="bytes">What to write; may be empty.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when the bytes are written.</returns>
    ValueTask WriteAsync(BytePath path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Cuts or extends a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Its new length in bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is done.</returns>
    ValueTask TruncateAsync(BytePath path, long length, CancellationToken cancellationToken);

    /// <summary>Punches a hole, which reads as zeroes; the length stays.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where, in bytes.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if that is not possible.</returns>
    ValueTask<bool> PunchHoleAsync(BytePath path, long offset, long length, CancellationToken cancellationToken);

    /// <summary>Renames a file or directory; a file that is in the way is replaced.</summary>
    /// <param name="from">The old path.</param>
    /// <param name="to">The new path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is done.</returns>
    ValueTask RenameAsync(BytePath from, BytePath to, CancellationToken cancellationToken);

    /// <summary>Gives a file a second name.</summary>
    /// <param name="existing">A name it has.</param>
    /// <param name="path">The name to add; nothing is there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if that is not possible.</returns>
    ValueTask<bool> LinkAsync(BytePath existing, BytePath path, CancellationToken cancellationToken);

    /// <summary>Makes a symbolic link.</summary>
    /// <param name="path">Where; nothing is there.</param>
    /// <param name="target">What it says; any bytes but NUL.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if that is not possible.</returns>
    ValueTask<bool> SymbolicLinkAsync(BytePath path, ReadOnlyMemory<byte> target, CancellationToken cancellationToken);

    /// <summary>Removes a name that is not a directory's.</summary>
    /// <param name="path">The name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is gone.</returns>
    ValueTask UnlinkAsync(BytePath path, CancellationToken cancellationToken);

    /// <summary>Makes a directory.</summary>
    /// <param name="path">Where; nothing is there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is there.</returns>
    ValueTask MakeDirectoryAsync(BytePath path, CancellationToken cancellationToken);

    /// <summary>Removes an empty directory.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is gone.</returns>
    ValueTask RemoveDirectoryAsync(BytePath path, CancellationToken cancellationToken);

    /// <summary>Sets the permission bits.</summary>
    /// <param name="path">A file or directory.</param>
    /// <param name="mode">0 to 4095 (octal 7777).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is done.</returns>
    ValueTask SetModeAsync(BytePath path, int mode, CancellationToken cancellationToken);

    /// <summary>Sets the time of the last change of content.</summary>
    /// <param name="path">A file or directory.</param>
    /// <param name="time">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is done.</returns>
    ValueTask SetModifiedAtAsync(BytePath path, UnixTime time, CancellationToken cancellationToken);

    /// <summary>Sets an extended attribute.</summary>
    /// <param name="path">A file or directory.</param>
    /// <param name="attribute">Its name with the namespace, in which everybody may write: <c>user.</c></param>
    /// <param name="value">Its value.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if that is not possible.</returns>
    ValueTask<bool> SetAttributeAsync(BytePath path, string attribute, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);

    /// <summary>Reads the whole live content of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its bytes.</returns>
    ValueTask<byte[]> ReadAsync(BytePath path, CancellationToken cancellationToken);
}
