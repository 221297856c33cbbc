using System.Text;

namespace StorageEngines.Hosting;

/// <summary>Paths on this machine, in bytes.</summary>
internal static class LocalPaths
{
    /// <summary>The address with an absolute path, if its location is a relative path on this machine; else as it is.</summary>
    public static VolumeAddress MakeAbsolute(VolumeAddress address)
    {
        bool isRelativePath = address.Host is null && !address.Location.IsAbsolute && (address.Scheme is null || BeginsWithDot(address.Location.Span));
        return isRelativePath
            ? address with { Location = WithoutDots(BytePath.FromString(Environment.CurrentDirectory).Append(address.Location)) }
            : address.Scheme is null ? address with { Location = WithoutDots(address.Location) } : address;
    }

    /// <summary>True if there is certainly nothing at the path. A path that is not UTF-8 cannot be asked about here.</summary>
    /// <exception cref="StorageEngineException">The path is longer than any that the system takes.</exception>
    public static bool IsMissing(BytePath path)
    {
        string text = Encoding.UTF8.GetString(path.Span);
        if (!Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(path.Span))
        {
            return false;
        }

        try
        {
            _ = File.GetAttributes(text);
            return false;
        }
        catch (PathTooLongException e)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"The path '{path}' is too long: the system takes names of up to 255 and paths of up to 4095 bytes.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false; // Nobody may look; that does not mean that nothing is there.
        }
    }

    private static bool BeginsWithDot(ReadOnlySpan<byte> path)
        => path.SequenceEqual("."u8) || path.SequenceEqual(".."u8) || path.StartsWith("./"u8) || path.StartsWith("../"u8);

    // Empty components and "." go; ".." stays, because what is above depends on symbolic links.
    private static BytePath WithoutDots(BytePath path)
    {
        var clean = new List<byte>(path.Length);
        foreach (Range range in path.Span.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = path.Span[range];
            if (!component.IsEmpty && !component.SequenceEqual("."u8))
            {
                clean.Add((byte)'/');
                clean.AddRange(component);
            }
        }

        return new BytePath(clean.Count == 0 ? "/"u8.ToArray() : clean.ToArray());
    }
}
