using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>Takes paths of this machine apart.</summary>
internal static class LocalPath
{
    /// <summary>Opens the directory that a path is in. Links on the way are followed.</summary>
    /// <exception cref="PosixException">It cannot be opened.</exception>
    internal static DirectoryHandle OpenParent(BytePath path)
    {
        BytePath trimmed = Trim(path);
        BytePath parent = trimmed.Parent;
        ReadOnlySpan<byte> directory = !parent.IsRoot ? parent.Span : trimmed.IsAbsolute ? "/"u8 : "."u8;
        return DirectoryHandle.Open(directory);
    }

    /// <summary>The last component of a path.</summary>
    /// <exception cref="ArgumentException">The path has no last component that could name a file.</exception>
    internal static BytePath Name(BytePath path)
    {
        BytePath name = Trim(path).Name;
        return name.IsRoot || name.Span.SequenceEqual("."u8) || name.Span.SequenceEqual(".."u8)
            ? throw new ArgumentException($"'{path}' does not end in a name; give the path of a file or directory.", nameof(path))
            : name;
    }

    /// <summary>The name with a suffix behind it.</summary>
    internal static byte[] WithSuffix(BytePath name, ReadOnlySpan<byte> suffix) => [.. name.Span, .. suffix];

    private static BytePath Trim(BytePath path) => new(path.Bytes[..path.Span.TrimEnd((byte)'/').Length]);
}
