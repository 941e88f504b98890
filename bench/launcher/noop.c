/* The program that every launcher starts: nothing. */
int main(void)
{
    return 0;
}
