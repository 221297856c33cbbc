using Microsoft.Win32.SafeHandles;

namespace StorageEngines;

/// <summary>
/// What a stream of <see cref="ISnapshotReader.OpenReadAsync"/> may be besides: a file of this machine that holds exactly the stream's bytes, from the first to the last, and that
/// nobody changes. A restore to the same file system can share the file's blocks then, instead of copying them.
/// </summary>
public interface IFileBackedStream
{
    /// <summary>The file, open for reading. It stays the stream's, and is closed with it.</summary>
    SafeFileHandle File { get; }
}
