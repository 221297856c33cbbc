namespace StorageEngines.Posix;

/// <summary>What a rename does when the new name is taken; the values are renameat2's flags.</summary>
internal enum RenameMode
{
    /// <summary>The old holder of the new name goes away, in one step.</summary>
    Replace = 0,

    /// <summary>The rename fails with EEXIST.</summary>
    NoReplace = 1,

    /// <summary>The two names change places in one step; both must exist.</summary>
    Exchange = 2,
}
