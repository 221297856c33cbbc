namespace StorageEngines.Zfs.Datasets;

/// <summary>The rule for names of datasets.</summary>
/// <remarks>Implements: zfs(8), "ZFS File System Hierarchy"; zfs_namecheck.c of OpenZFS.</remarks>
internal static class DatasetName
{
    /// <summary>The most characters of a name, that of a snapshot with its dataset's included.</summary>
    internal const int Longest = 255;

    /// <summary>Whether it is the name of a dataset: components of letters, digits, <c>- _ . :</c> and blanks, with <c>/</c> between them.</summary>
    internal static bool IsValid(string name)
        => name.Length is > 0 and <= Longest && name[0] != '-' && name.Split('/').All(part => part.Length > 0 && part is not ("." or "..") && part.All(IsPlain));

    /// <summary>Whether it is the part of a snapshot's or bookmark's name behind the <c>@</c> or <c>#</c>.</summary>
    internal static bool IsValidPart(string part) => part.Length is > 0 and <= Longest && part.All(IsPlain);

    // '%' is in the names that ZFS itself makes, such as that of a receive that was interrupted.
    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or ' ' or '%';
}
